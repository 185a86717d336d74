import { UserError } from '../../errors.js'
import { meaningOfArrays } from './arrays.js'
import type { Meanings } from './meaning.js'
import { meaningOfPictures } from './pictures.node.js'

const notYet = (what: string) => () => {
  throw new UserError(`${what} cannot be read yet`)
}

/** What each kind of content means: a line each. */
export const MEANINGS: Meanings = {
  table: notYet('tables'),
  arrays: meaningOfArrays,
  pictures: meaningOfPictures,
}
