import { inject } from 'vitest';

/** The home of the processes that tests start. */
export const HOME = inject('home');
