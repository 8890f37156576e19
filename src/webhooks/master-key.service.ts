import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { SecretBox } from './secret.js';
import { Webhook } from './webhook.entity.js';

/** A few: one row that was damaged says nothing about the key. */
const NEWEST = 20;
/** What is sealed when there is no secret yet, and the name under which it is. */
const PROOF = 'master key';

/** Whether this process has the master key of its database. Another one would seal secrets that nobody else can open. */
@Injectable()
export class MasterKeyService {
  constructor(
    @InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>,
    private readonly box: SecretBox,
  ) {}

  /** True also where nothing is sealed yet. */
  async isRight(): Promise<boolean> {
    const newest = await this.webhooks.find({ order: { id: 'DESC' }, take: NEWEST });
    if (newest.length > 0) return newest.some(({ id, secret }) => this.box.opens(secret, id));
    const [row] = await this.webhooks.query<{ proof: Buffer }[]>('SELECT proof FROM master_key');
    return row === undefined || this.box.opens(row.proof, PROOF);
  }

  /** Of processes that start together on a new database, the key of one is remembered. Answers whether it is ours. */
  async remember(): Promise<boolean> {
    await this.webhooks.query('INSERT INTO master_key (proof) VALUES ($1) ON CONFLICT DO NOTHING', [
      this.box.seal(PROOF, PROOF),
    ]);
    return this.isRight();
  }
}
