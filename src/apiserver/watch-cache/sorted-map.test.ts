import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { SortedMap } from "./sorted-map.ts"

test("walks as a sorted copy would, whatever was set and deleted before", () => {
  const { random } = createSimPlatform({ seed: 7 })
  const map = new SortedMap<number>()
  const slow = new Map<string, number>()
  for (let step = 0; step < 3000; step++) {
    const key = `/${"ab"[random.int(2)]}/${random.int(400)}`
    // In the end as many leave as come.
    switch (random.int(step < 1500 ? 8 : 3)) {
      case 0:
        map.delete(key)
        slow.delete(key)
        break
      case 1: {
        const [prefix, start] = [`/${"ab"[random.int(2)]}/`, key]
        const expected = [...slow].filter(([each]) => each.startsWith(prefix) && each >= start).sort()
        assert.deepEqual(
          map.values(prefix, start),
          expected.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value),
        )
        break
      }
      default:
        map.set(key, step)
        slow.set(key, step)
    }
    assert.equal(map.size, slow.size)
    assert.equal(map.get(key), slow.get(key))
  }
})
