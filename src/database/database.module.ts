import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Searches } from './searches.js';
import { DatabaseSession } from './session.js';
import { Statements } from './statements.js';

/**
 * The ways to the database: TypeORM, the long-lived session, the prepared statements of the pipeline, and what people
 * search.
 */
export interface OpenDatabase {
  dataSource: DataSource;
  session: DatabaseSession;
  statements: Statements;
  searches: Searches;
}

/** Hands the open connections to everybody. Whoever opened them (src/startup/open-database.ts) closes them, last of all. */
@Module({})
export class DatabaseModule {
  static with({ dataSource, session, statements, searches }: OpenDatabase): DynamicModule {
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
        { provide: Searches, useValue: searches },
      ],
      exports: [DatabaseSession, Statements, Searches],
    };
  }
}
