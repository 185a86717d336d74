import { meaningOfArrays } from './arrays.js'
import type { Meanings } from './meaning.js'
import { meaningOfPictures } from './pictures.node.js'
import { tableMeaning } from './table.js'
import { decodePictures } from './table-pictures.node.js'

/** What each kind of content means: a line each. */
export const MEANINGS: Meanings = {
  table: tableMeaning(decodePictures),
  arrays: meaningOfArrays,
  pictures: meaningOfPictures,
}
