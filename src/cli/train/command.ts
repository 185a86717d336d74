import { readRequest, type TrainFlags } from './request.js'
export const trainCommand = async (rule: string | undefined, flags: TrainFlags): Promise<number> => {
  console.log(readRequest(rule, flags))
  return 0
}
