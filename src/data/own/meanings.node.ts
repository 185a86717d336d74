import { UserError } from '../../errors.js'
import { meaningOfArrays } from './arrays.js'
import type { Meanings } from './meaning.js'
import { tableMeaning } from './table.js'
import { decodePictures } from './table-pictures.node.js'

const notYet = (what: string) => () => {
  throw new UserError(`${what} cannot be read yet`)
}

/** What each kind of content means: a line each. */
export const MEANINGS: Meanings = {
  table: tableMeaning(decodePictures),
  arrays: meaningOfArrays,
  pictures: notYet('pictures'),
}
