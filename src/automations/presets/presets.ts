import type { TemplateFormat } from '../automation.js';

/** A template that Bugle comes with, made for one receiver. */
export interface Preset {
  /** Unique, kebab-case. */
  name: string;
  title: string;
  description: string;
  templateFormat: TemplateFormat;
  method: 'GET' | 'POST';
  /** Which URL the webhook needs. */
  targetHint: string;
  /** What the receiver says about what it takes. */
  docsUrl: string | null;
  /** In templates/. */
  file: string;
}

/** All presets, in the order in which they are offered. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'default',
    title: 'Default payload',
    description: 'The event as it is: what a webhook without a template sends.',
    templateFormat: 'json-text',
    method: 'POST',
    targetHint: 'Any URL of your own that takes JSON.',
    docsUrl: null,
    file: 'default.json.twig',
  },
  {
    name: 'slack',
    title: 'Slack',
    description: 'A message of blocks: what changed, or the fields of the record.',
    templateFormat: 'json-text',
    method: 'POST',
    targetHint: 'An incoming webhook: https://hooks.slack.com/services/…',
    docsUrl: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks',
    file: 'slack.json.twig',
  },
  {
    name: 'discord',
    title: 'Discord',
    description: 'A message with an embed: what changed, or the fields of the record.',
    templateFormat: 'json-text',
    method: 'POST',
    targetHint: 'A webhook of a channel: https://discord.com/api/webhooks/…',
    docsUrl: 'https://discord.com/developers/docs/resources/webhook#execute-webhook',
    file: 'discord.json.twig',
  },
  {
    name: 'microsoft-teams',
    title: 'Microsoft Teams',
    description: 'An Adaptive Card: what changed, or the fields of the record.',
    templateFormat: 'json-tree',
    method: 'POST',
    targetHint: 'The URL of the workflow "Post to a channel when a webhook request is received".',
    docsUrl:
      'https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using',
    file: 'microsoft-teams.tree.json',
  },
  {
    name: 'telegram',
    title: 'Telegram',
    description: 'A text message of a bot. Write your chat into the first line of the template.',
    templateFormat: 'json-text',
    method: 'POST',
    targetHint: 'https://api.telegram.org/bot…/sendMessage with the token of your bot.',
    docsUrl: 'https://core.telegram.org/bots/api#sendmessage',
    file: 'telegram.json.twig',
  },
  {
    name: 'json-record',
    title: 'JSON record',
    description: 'One flat record with safe names, for Firebase, DynamoDB and their like.',
    templateFormat: 'json-text',
    method: 'POST',
    targetHint:
      'Firebase: https://….firebaseio.com/events.json; AWS: the URL of a function or an API.',
    docsUrl: 'https://firebase.google.com/docs/reference/rest/database',
    file: 'json-record.json.twig',
  },
  {
    name: 'zapier',
    title: 'Zapier and Make',
    description: 'The same fields with every event, so that steps can be built on them.',
    templateFormat: 'json-text',
    method: 'POST',
    targetHint: 'A catch hook: https://hooks.zapier.com/hooks/catch/… or https://hook.….make.com/…',
    docsUrl: 'https://help.zapier.com/hc/en-us/articles/8496288690317-Trigger-Zaps-from-webhooks',
    file: 'zapier.json.twig',
  },
];
