import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { DatabaseSession } from './session.js';
import { Statements } from './statements.js';

/** The three ways to the database: TypeORM, the long-lived session, and the prepared statements of the pipeline. */
export interface OpenDatabase {
  dataSource: DataSource;
  session: DatabaseSession;
  statements: Statements;
}

/** Hands the open connections to everybody. Whoever opened them (src/start.ts) closes them, last of all. */
@Module({})
export class DatabaseModule {
  static with({ dataSource, session, statements }: OpenDatabase): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'postgres', manualInitialization: true }),
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
      ],
      providers: [
        { provide: DatabaseSession, useValue: session },
        { provide: Statements, useValue: statements },
      ],
      exports: [DatabaseSession, Statements],
    };
  }
}
