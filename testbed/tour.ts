import { NEW_LABEL, OLD_LABEL } from './workspace.ts';

/** One command of the demo. */
export interface Step {
  /** Said before the command, so that one knows what to look at. */
  why: string;
  args: string[];
  /** The exit code that it must end with. Default 0. */
  expect?: number;
}

/** The main job, in the order in which an operator does it. */
export const TOUR: readonly Step[] = [
  {
    why: 'Which key is every row under? No passphrase is needed, and no blob leaves the server.',
    args: ['keys', 'audit'],
  },
  {
    why: `May ${OLD_LABEL} leave the manifest? Not now: every row needs it (exit code 3).`,
    args: ['keys', 'audit', '--removable', OLD_LABEL],
    expect: 3,
  },
  {
    why: 'What would a rotation do?',
    args: ['rotate-key', '--to', NEW_LABEL, '--assume-deployed', '--dry-run'],
  },
  {
    why: 'Rotate, as beside a BBS that was deployed with both keys.',
    args: ['rotate-key', '--to', NEW_LABEL, '--assume-deployed', '--yes'],
  },
  {
    why: 'Every row again, this time decrypting and decoding each blob.',
    args: ['keys', 'audit', '--verify'],
  },
  {
    why: `Now ${OLD_LABEL} can leave the manifest.`,
    args: ['keys', 'audit', '--removable', OLD_LABEL],
  },
  {
    why: 'The same store tells what the cells hold ...',
    args: ['cells', '--by', 'zone'],
  },
  {
    why: '... and which apps crash most.',
    args: ['lrps', '--filter', 'crash_count>0', '--sort', '-crash_count', '--limit', '5'],
  },
];

/** What to try in a shell. */
export const SUGGESTIONS: readonly string[] = [
  'cgdiego --help',
  'cgdiego keys audit',
  `cgdiego rotate-key --to ${NEW_LABEL} --assume-deployed`,
  'cgdiego keys audit --verify -o json',
  'cgdiego cells',
  'cgdiego lrps --filter "crash_count>0"',
  'cgdiego sizing --az-loss',
  `cgdiego rotate-key --to ${OLD_LABEL} --assume-deployed`,
];
