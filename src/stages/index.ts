export { cutIntoStages, type Stages, type Wire } from './cut.js'
