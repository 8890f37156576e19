import { type DynamicModule, Module } from '@nestjs/common';
import { Cursors } from './pagination.js';

/** What controllers share: cursors, signed with a key derived from the master key. */
@Module({})
export class HttpModule {
  static with(masterKey: Buffer): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [{ provide: Cursors, useValue: new Cursors(masterKey) }],
      exports: [Cursors],
    };
  }
}
