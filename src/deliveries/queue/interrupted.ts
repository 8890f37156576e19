/** The attempt of a worker that died, as SQL: written down by whoever finds it, since its request may have been sent. */
export function interrupted(rows: { from: string; number: string; where: string }): string {
  return `
    INSERT INTO attempts (delivery_id, number, trigger, outcome, started_at, error)
    SELECT delivery_id, ${rows.number}, trigger, 'interrupted', now(), json_build_object(
      'code', 'interrupted', 'message', 'The worker ended before it could tell how this attempt went.')
    FROM ${rows.from} WHERE ${rows.where} ON CONFLICT DO NOTHING`;
}
