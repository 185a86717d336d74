import '../floor.js'

export { frechetDistance } from './frechet.js'
export { bitsPerDimension, importanceBounds } from './likelihood.js'
export { covarianceOf, type FeatureMoments, momentsOf, noVectors, plus } from './moments.js'
export { type PrecisionRecall, precisionRecall } from './neighbours.js'
export { type PrincipalComponents, principalComponents, projected } from './principal.js'
