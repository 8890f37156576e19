import { commandLine } from './index.js';

describe('commandLine', () => {
  it('sets the role, or nothing', () => {
    expect(commandLine([])).toEqual({});
    expect(commandLine(['--role', 'worker'])).toEqual({ BUGLE_ROLE: 'worker' });
    expect(commandLine(['--role=api'])).toEqual({ BUGLE_ROLE: 'api' });
  });

  it.each([
    [['--role', 'bogus'], /^--role bogus is not a role\. Write --role all, .* or --role worker$/],
    [['--role='], /is not a role/],
    [['--role'], /The only option is --role all\|api\|worker$/],
    [['--port', '1'], /'--port'.*The only option is --role/s],
    [['worker'], /The only option is --role/],
  ])('refuses %j, and says what is right', (args, message) => {
    expect(() => commandLine(args)).toThrow(message);
  });
});
