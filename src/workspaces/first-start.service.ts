import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/index.js';
import { inTurn, newId } from '../database/index.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyService, newKeyRow } from './api-key.service.js';
import { Workspace } from './workspace.entity.js';
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

  /**
   * Answers the admin key when this start has made one, of `newKey` where none is given. Processes that start together make
   * one workspace. `keep` puts the key where a person finds it, before it is stored: a start that fails later must not lose it.
   * @throws the reason of `told`, when it is aborted while another process is at it
   */
  async prepare(
    newKey: string,
    keep: (key: string) => void,
    told: AbortSignal,
  ): Promise<string | undefined> {
    return inTurn(this.dataSource, {
      name: 'bugle first start',
      onWait: () => told.throwIfAborted(),
      work: () => this.prepareAlone(newKey, keep),
    });
  }

  private async prepareAlone(
    newKey: string,
    keep: (key: string) => void,
  ): Promise<string | undefined> {
    const given = this.config.BUGLE_ADMIN_KEY;
    const key = given ?? newKey;
    // A new key that is there has been stored by a try of this start that did not hear the answer to its COMMIT.
    if (await this.keys.exists(key)) return given ? undefined : key;
    const home = await this.workspaces.home();
    if (home && !given) return undefined;
    keep(key);
    await this.store(home?.id, given ? 'BUGLE_ADMIN_KEY' : 'first admin key', key);
    return key;
  }

  /** Workspace and key together: one without the other could be entered by nobody. */
  private async store(homeId: string | undefined, name: string, key: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const workspaceId = homeId ?? newId();
      if (!homeId) await manager.insert(Workspace, { id: workspaceId, name: FIRST_NAME });
      await manager.insert(ApiKey, newKeyRow(workspaceId, { name, scopes: ['admin'] }, key));
    });
  }
}
