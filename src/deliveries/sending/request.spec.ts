import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signatureKeys } from '../../webhooks/index.js';
import { buildRequest } from './request.js';
import type { BuiltRequest, OutgoingRequest, RequestInput, Target } from './request.js';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function build(target: Partial<Target>, input: Partial<RequestInput> = {}): BuiltRequest {
  return buildRequest({
    target: {
      url: 'https://example.com/hook?team=a%20b',
      method: 'POST',
      keys: signatureKeys(secret),
      headers: {},
      maskedHeaders: [],
      ...target,
    },
    deliveryId: 'd1',
    body: '{"a":1}',
    contentType: 'application/json',
    timestampSeconds: Math.floor(Date.now() / 1000),
    userAgent: 'Bugle/1.2.3',
    ...input,
  });
}

function requestOf(built: BuiltRequest): OutgoingRequest {
  if (!built.ok) throw new Error(built.fault.message);
  return built.request;
}

const hex = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');

describe('buildRequest for POST', () => {
  it('sends the body and the URL as they are', () => {
    const request = requestOf(
      build({ url: 'https://example.com/hook?b=1&a' }, { body: '{ "a" :1}\n' }),
    );
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://example.com/hook?b=1&a',
      body: '{ "a" :1}\n',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Bugle/1.2.3',
        signature: hex('{ "a" :1}\n'),
        'webhook-id': 'd1',
      },
    });
  });

  it('adds custom headers but lets none replace its own', () => {
    const headers = {
      Authorization: 'Bearer x',
      Signature: 'forged',
      'Content-Type': 'text/plain',
    };
    const request = requestOf(build({ headers }));
    expect(request.headers).toMatchObject({
      authorization: 'Bearer x',
      signature: hex('{"a":1}'),
      'content-type': 'application/json',
    });
    expect(Object.keys(request.headers)).toHaveLength(7);
  });

  it('names an international host as it is looked up', () => {
    const request = requestOf(build({ url: 'https://раypal.com/hook?q=ü' }));
    expect(request.url).toBe('https://xn--ypal-43d9g.com/hook?q=%C3%BC');
  });

  it('is the same for the same input', () => {
    const input = { timestampSeconds: 1 };
    expect(build({}, input)).toEqual(build({}, input));
  });
});

const get = (body: string, url = 'https://example.com/hook'): BuiltRequest =>
  build({ method: 'GET', url }, { body });

describe('buildRequest for GET', () => {
  it('appends the fields to the URL’s own query and sends no body', () => {
    const request = requestOf(
      get('{"a":"x y&z","b":2}', 'https://example.com/hook?team=a%20b#top'),
    );
    expect(request.url).toBe('https://example.com/hook?team=a%20b&a=x+y%26z&b=2');
    expect(request).not.toHaveProperty('body');
    expect(request.headers).not.toHaveProperty('content-type');
  });

  it('gives strings as they are and everything else as JSON', () => {
    const body = { s: '1', n: 1, t: true, z: null, list: [1, 'a'], object: { k: 'v' }, empty: '' };
    const { searchParams } = new URL(requestOf(get(JSON.stringify(body))).url);
    expect(Object.fromEntries(searchParams)).toEqual({
      s: '1',
      n: '1',
      t: 'true',
      z: 'null',
      list: '[1,"a"]',
      object: '{"k":"v"}',
      empty: '',
    });
  });

  it('signs the exact query string that is sent', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (fields) => {
        const request = requestOf(get(JSON.stringify(fields), 'http://example.com/?own=%e2%82'));
        const sent = new URL(request.url).search.slice(1);
        expect(request.url.split('?')[1]).toBe(sent);
        expect(request.headers.signature).toBe(hex(sent));
        new Webhook(secret).verify(sent, request.headers, { jsonParse: false });
      }),
    );
  });

  it('leaves the URL alone when there is nothing to append', () => {
    expect(requestOf(get('{}')).url).toBe('https://example.com/hook');
    expect(requestOf(get('{}')).headers.signature).toBe(hex(''));
  });

  it('takes __proto__ for an ordinary field', () => {
    expect(requestOf(get('{"__proto__":"x"}')).url).toBe('https://example.com/hook?__proto__=x');
  });

  it.each(['[1]', '"text"', 'null', '1', 'not json', ''])('refuses the body %j', (body) => {
    expect(get(body)).toMatchObject({
      ok: false,
      fault: { path: 'body', code: 'get_body_not_object' },
    });
  });
});
