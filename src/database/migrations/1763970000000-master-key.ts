import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Something that was sealed with the master key, for as long as there is no secret to try it on. One row at most. */
export class MasterKey1763970000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE master_key (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), proof bytea NOT NULL)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE master_key');
  }
}
