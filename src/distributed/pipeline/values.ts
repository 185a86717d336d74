import { ConflictError, type Values } from '../transport.js'

/** A small value that is JSON, and its revision. */
export interface Known<T> {
  readonly value: T
  readonly revision: number
}

export async function getJson<T>(values: Values, key: string): Promise<Known<T> | undefined> {
  const found = await values.get(key)
  return found && { value: JSON.parse(new TextDecoder().decode(found.value)), revision: found.revision }
}

/** Throws a ConflictError where the key has another revision by now. */
export const putJson = (values: Values, key: string, value: unknown, expected: number): Promise<number> =>
  values.put(key, new TextEncoder().encode(JSON.stringify(value)), expected)

/** Sets a value once: where there is one already, it stays. */
export async function setOnce(values: Values, key: string, value: unknown): Promise<void> {
  try {
    await putJson(values, key, value, 0)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
  }
}

/** Changes a value that only one party writes. */
export async function replaceJson(values: Values, key: string, value: unknown): Promise<void> {
  await putJson(values, key, value, (await values.get(key))?.revision ?? 0)
}
