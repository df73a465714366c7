/** Lists of numbers as the kernel writes them for CPUs and NUMA nodes: `0-2,7`. https://man7.org/linux/man-pages/man7/cpuset.7.html */

/** In ascending order, each once. Throws an `Error` in Go's words. */
export function parseCpus(text: string): number[] {
  if (text === "") return []
  const found = new Set<number>()
  for (const range of text.split(",")) {
    const dash = range.indexOf("-")
    const start = integer(dash < 0 ? range : range.slice(0, dash))
    const end = dash < 0 ? start : integer(range.slice(dash + 1))
    if (start > end) throw new Error(`invalid range ${JSON.stringify(range)} (${start} > ${end})`)
    for (let cpu = start; cpu <= end; cpu++) found.add(cpu)
  }
  return [...found].sort((a, b) => a - b)
}

export function formatCpus(cpus: Iterable<number>): string {
  const parts: string[] = []
  const sorted = [...new Set(cpus)].sort((a, b) => a - b)
  for (let at = 0; at < sorted.length; at++) {
    const first = sorted[at]
    while (sorted[at + 1] === (sorted[at] ?? 0) + 1) at++
    parts.push(first === sorted[at] ? `${first}` : `${first}-${sorted[at]}`)
  }
  return parts.join(",")
}

/** No machine has as many: a list must not fill the memory. */
const HIGHEST = 1_000_000

function integer(text: string): number {
  const parsing = `strconv.Atoi: parsing ${JSON.stringify(text)}`
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`${parsing}: invalid syntax`)
  const value = Number(text)
  if (value > HIGHEST) throw new Error(`${parsing}: value out of range`)
  return value
}
