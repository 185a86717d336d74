import { memoryEngine } from '../../src/distributed/memory.js'
import { contract } from './contract.js'

const { connect } = memoryEngine()
contract('memory', async () => connect())
