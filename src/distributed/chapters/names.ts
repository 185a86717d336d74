/** One run at a time uses an engine for chapters: what was published of it before is not done again. */
export const RUN = 'chapters'
