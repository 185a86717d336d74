/** What a training may write besides its journal, for other programs. */
export const LOG_FORMATS = ['tensorboard', 'csv'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]
