import { main } from './worker.js'

await main(JSON.parse(process.argv[2]!))
