import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { DatabaseSession } from './session.js';

/** Hands the open connections to everybody. Whoever opened them (src/start.ts) closes them, last of all. */
@Module({})
export class DatabaseModule {
  static with(dataSource: DataSource, session: DatabaseSession): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'postgres', manualInitialization: true }),
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
      ],
      providers: [{ provide: DatabaseSession, useValue: session }],
      exports: [DatabaseSession],
    };
  }
}
