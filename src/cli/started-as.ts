/** How this program was started, so that what it tells people to type next works for them: through npm, or by its name. */
export const startedAs = (): string => (process.env.npm_command === undefined ? 'onward' : 'npx onward')
