import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createUser, fromSeed } from '@nats-io/nkeys'
import { UsageError, UserError } from '../errors.js'
import { fileError, makeFolder, replaceFile } from '../files.node.js'
import { isWord } from './subjects.js'

/** Who one is on a broker. Workers are trusted with all of their run; a client with nothing but what is its own. */
export interface Credentials {
  readonly run: string
  readonly role: 'worker' | 'client'
  /** One word: a client's is the end of its subjects. */
  readonly id: string
  /** The seed of an nkey: it signs, and is never sent. */
  readonly seed: string
}

/** New ones. */
export function makeCredentials(who: Omit<Credentials, 'seed'>): Credentials {
  return { ...who, seed: new TextDecoder().decode(createUser().getSeed()) }
}

/** What the broker knows them by. */
export const publicKeyOf = ({ seed }: Credentials): string => fromSeed(new TextEncoder().encode(seed)).getPublicKey()

/** Writes them to a file that only its owner may read. */
export function writeCredentials(path: string, credentials: Credentials): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...credentials }, undefined, 2)}\n`)
  replaceFile(path, bytes, { mode: 0o600 })
}

const FORMAT = 'onward credentials 1'

/** Throws a `UserError` where the file cannot be read or holds something else. */
export function readCredentials(path: string): Credentials {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileError(`${path} could not be read`, error)
  }
  try {
    const { format, run, role, id, seed } = JSON.parse(text)
    const credentials: Credentials = { run, role, id, seed }
    if (format === FORMAT && isWord(run) && isWord(id) && (role === 'worker' || role === 'client')) {
      publicKeyOf(credentials)
      return credentials
    }
  } catch {
    // It is no JSON, or its seed no key.
  }
  throw new UserError(
    `${path} holds no credentials of Onward: take the file as it was written where the run was started`,
  )
}

/** The credentials that a folder keeps for somebody, made at the first time: they outlive the broker. */
export function keptCredentials(folder: string, who: Omit<Credentials, 'seed'>): Credentials {
  for (const [what, word] of Object.entries({ 'a run': who.run, 'a party': who.id }))
    if (!isWord(word))
      throw new UsageError(`${JSON.stringify(word)} cannot name ${what}: take letters, digits, - and _`)
  const path = credentialsFile(folder, who.id)
  if (existsSync(path)) {
    const kept = readCredentials(path)
    if (kept.run === who.run && kept.role === who.role) return kept
  }
  makeFolder(dirname(path))
  const made = makeCredentials(who)
  writeCredentials(path, made)
  return made
}

/** Where a broker's folder keeps the credentials of one party. */
export const credentialsFile = (folder: string, id: string): string => join(folder, 'credentials', `${id}.json`)
