import type { Level } from './record.ts';

/** The eight colours that every terminal has, by their names in ECMA-48 (SGR). */
const SGR = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type StyleName = keyof typeof SGR;

const OF_LEVEL: Record<Level, StyleName> = { good: 'green', warn: 'yellow', bad: 'red' };

export interface Style {
  readonly enabled: boolean;
  paint(name: StyleName, text: string): string;
  level(level: Level | undefined, text: string): string;
}

/** Colours text, or leaves it alone where there is no colour (`terminal.color`, `terminal.errorColor`). */
export function createStyle(enabled: boolean): Style {
  const paint = (name: StyleName, text: string) =>
    enabled && text !== '' ? `\u001b[${SGR[name][0]}m${text}\u001b[${SGR[name][1]}m` : text;
  return {
    enabled,
    paint,
    level: (level, text) => (level === undefined ? text : paint(OF_LEVEL[level], text)),
  };
}
