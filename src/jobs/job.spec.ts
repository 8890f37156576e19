import { addCounts } from './job.js';

it('counts of a page are added to those of the pages before', () => {
  const before = { lookedAt: 10, made: 2 };
  expect(addCounts(before, { lookedAt: 5, failed: 1 })).toEqual({
    lookedAt: 15,
    made: 2,
    failed: 1,
  });
  expect(before).toEqual({ lookedAt: 10, made: 2 });
});
