import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { ApiKeyService } from './api-key.service.js';
import { generateApiKey } from './api-key.js';
import { WorkspaceService } from './workspace.service.js';

const FIRST_NAME = 'default';

/** Makes the home workspace and its admin key when the database is new. */
@Injectable()
export class FirstStartService {
  constructor(
    private readonly workspaces: WorkspaceService,
    private readonly keys: ApiKeyService,
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Answers the admin key when this start has made one. Processes that start together make one workspace. */
  async prepare(): Promise<string | undefined> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.query(`SELECT pg_advisory_lock(hashtext('bugle first start'))`);
      return await this.prepareAlone();
    } finally {
      await runner.query(`SELECT pg_advisory_unlock(hashtext('bugle first start'))`);
      await runner.release();
    }
  }

  private async prepareAlone(): Promise<string | undefined> {
    const given = this.config.BUGLE_ADMIN_KEY;
    const home = await this.workspaces.home();
    if (home && (!given || (await this.keys.exists(given)))) return undefined;
    const { id } = home ?? (await this.workspaces.create({ name: FIRST_NAME }));
    const key = given ?? generateApiKey();
    const name = given ? 'BUGLE_ADMIN_KEY' : 'first admin key';
    await this.keys.create(id, { name, scopes: ['admin'] }, key);
    return key;
  }
}
