/** `running`: some process holds its lock, and gives signs of life. `stopped`: it can go on. `failed`: its numbers blew up. */
export const RUN_STATES = ['running', 'done', 'stopped', 'failed'] as const
export type RunState = (typeof RUN_STATES)[number]
