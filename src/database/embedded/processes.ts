import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isErrno } from './errno.js';

/** Whether there is a process with this id, whoever owns it. A zombie counts as gone. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') return linuxStartTime(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

/**
 * Tells a process from a later one that was given the same id; undefined when it cannot be found out.
 * Comparable only with the result for the same machine.
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxStartTime(pid);
  return process.platform === 'win32'
    ? ask('powershell.exe', [
        '-NoProfile',
        '-Command',
        `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`,
      ])
    : ask('ps', ['-o', 'lstart=', '-p', String(pid)]);
}

/** The command line of a process; undefined when it cannot be found out. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform === 'linux') return readProc(pid, 'cmdline')?.replaceAll('\0', ' ').trim();
  return process.platform === 'win32'
    ? ask('powershell.exe', [
        '-NoProfile',
        '-Command',
        `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`,
      ])
    : ask('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
}

/** Boot and clock ticks since then, from proc_pid_stat(5); undefined for a process that is gone or a zombie. */
function linuxStartTime(pid: number): string | undefined {
  // The program's name, in brackets, may itself hold spaces and brackets: the numbers start after the last one.
  const [state, ...numbers] =
    readProc(pid, 'stat')
      ?.replace(/^.*\) /s, '')
      .split(' ') ?? [];
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${numbers[18]}`;
}

function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function ask(program: string, args: string[]): string | undefined {
  try {
    const answer = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return answer.trim() || undefined;
  } catch {
    return undefined;
  }
}
