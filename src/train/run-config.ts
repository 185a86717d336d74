export type RunConfig = Readonly<Record<string, unknown>>
