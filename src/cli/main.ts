#!/usr/bin/env node
// An old Node cannot even link what the command line is made of: the floor is looked at before anything is loaded.
import('../floor.js')
  .then(() => import('./start.js'))
  .catch((error) => {
    process.stderr.write(`onward: ${error.message}\n`)
    process.exitCode = 1
  })
