/**
 * How the ten digits are written: the pen's path of several common ways to write each, drawn by hand for Onward. A
 * square of 100 x 100 holds a digit; x goes right, y goes down.
 */

/**
 * One stroke of the pen through points x, y, x, y, ... of the unit square: straight from point to point, or a curve.
 */
export interface Stroke {
  readonly smooth: boolean
  readonly points: readonly number[]
}

/** The points of `x,y x,y ...`. */
const pointsOf = (path: string): number[] => path.split(/[ ,]/).map((coordinate) => Number(coordinate) / 100)
const line = (path: string): Stroke => ({ smooth: false, points: pointsOf(path) })
const curve = (path: string): Stroke => ({ smooth: true, points: pointsOf(path) })

/** skeletons[digit] holds the ways to write that digit, all equally likely. */
export const skeletons: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [curve('50,0 22,15 15,50 22,85 50,100 78,85 85,50 78,15 50,0')],
    [curve('52,2 32,18 26,50 32,84 50,98 68,84 74,50 66,15 46,3')],
    [curve('64,8 36,4 17,34 18,70 42,98 72,88 84,52 74,16 42,5')],
  ],
  [
    [line('50,0 50,100')],
    [line('30,24 53,0 52,100')],
    [line('32,20 52,0 52,100'), line('28,100 76,100')],
    [curve('57,0 51,50 47,100')],
  ],
  [
    [curve('20,22 36,3 66,4 77,26 64,53 40,78 18,100'), line('18,100 82,100')],
    [curve('20,20 46,0 75,15 71,44 44,76 24,95 19,85 34,81 56,95 86,94')],
    [curve('24,16 52,0 77,20 60,56 20,97'), curve('20,97 48,90 82,100')],
  ],
  [
    [curve('22,10 50,0 75,16 66,39 42,47'), curve('42,47 72,55 80,78 54,100 18,90')],
    [line('22,3 75,3 45,40'), curve('45,40 75,48 80,75 55,100 20,92')],
    [curve('20,14 48,0 72,20 52,45 46,47 62,51 78,74 54,99 20,86')],
  ],
  [
    [line('32,0 18,58 84,58'), line('66,24 64,100')],
    [line('63,100 64,0 14,67 86,67')],
    [curve('26,5 21,38 36,52 70,46'), line('74,4 66,100')],
  ],
  [
    [line('76,2 32,2 27,43'), curve('27,43 55,36 79,55 76,85 50,100 20,91')],
    [curve('78,4 42,5 28,28 50,45 75,64 68,91 42,100 20,90')],
    [curve('34,4 30,42 56,39 78,62 64,94 22,97'), line('34,4 80,0')],
  ],
  [
    [curve('68,3 41,20 23,55 26,85 50,100 75,85 73,60 50,51 27,68')],
    [curve('56,0 32,40 21,76 40,99 69,92 75,70 50,59 25,76')],
    [curve('72,10 50,1 26,28 20,68 38,98 70,94 79,66 56,46 25,62')],
  ],
  [
    [line('18,3 80,3 42,100')],
    [line('18,6 79,5'), curve('79,5 58,40 47,70 43,100')],
    [line('18,3 80,3 44,100'), line('34,52 74,50')],
    [line('20,20 21,4 80,3 46,100')],
  ],
  [
    [curve('72,14 50,0 28,15 36,38 60,54 77,78 50,100 24,80 39,56 64,38 72,14')],
    [curve('50,0 29,12 31,36 50,46 69,36 71,12 50,0'), curve('50,46 24,60 23,87 50,100 77,87 76,60 50,46')],
    [curve('76,6 44,2 30,20 46,42 70,66 66,94 38,99 26,76 50,48 78,10')],
  ],
  [
    [curve('74,24 58,4 33,6 22,30 40,50 64,42 75,20'), curve('75,20 71,60 62,100')],
    [curve('75,30 52,2 24,24 44,50 75,28'), curve('75,28 77,66 62,94 30,96')],
    [curve('72,8 46,1 24,22 36,46 62,38 73,10'), line('73,10 68,100')],
  ],
]
