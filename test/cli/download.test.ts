import assert from 'node:assert/strict'
import { test } from 'node:test'
import { downloadProgress } from '../../src/cli/train/download.js'

const writes = (isTTY: boolean): string[] => {
  const texts: string[] = []
  let now = 0
  const { show, end } = downloadProgress({ isTTY, write: (text: string) => texts.push(text) }, () => now)
  show({ file: 'a.gz', received: 10, total: 2048 })
  now = 10
  show({ file: 'a.gz', received: 1024, total: 2048 })
  now = 20
  show({ file: 'a.gz', received: 2048, total: 2048 })
  show({ file: 'b.gz', received: 1, total: 10 })
  end()
  end()
  return texts
}

test('downloads are a line a file where there is no terminal', () => {
  assert.deepEqual(writes(false), ['downloading a.gz (2.0 KiB)\n', 'downloading b.gz (10 B)\n'])
})

test('on a terminal the line is drawn again, not with every piece, and the cursor is left at the start of a line', () => {
  assert.deepEqual(writes(true), [
    '\r\x1b[Kdownloading a.gz  10 B of 2.0 KiB',
    '\r\x1b[Kdownloading a.gz  2.0 KiB of 2.0 KiB',
    '\n',
    '\r\x1b[Kdownloading b.gz  1 B of 10 B',
    '\n',
  ])
})
