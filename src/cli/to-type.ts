import { quoted } from '../kept/quoted.js'

/** A command for people to type next, in quotes where a shell needs them, begun as they began: through npm, or not. */
export const toType = (...words: readonly string[]): string =>
  [process.env.npm_command === undefined ? 'onward' : 'npx onward', ...words.map(quoted)].join(' ')

/** The same in a sentence. */
export const named = (...words: readonly string[]): string => `\`${toType(...words)}\``
