import assert from "node:assert/strict"
import { test } from "node:test"
import { compileDeviceSelector, DeviceSelectorError, type SelectableDevice } from "./device-selector.ts"

const DRIVER = "dra.example.com"
const device: SelectableDevice = {
  attributes: {
    version: { version: "1.2.0" },
    model: { string: "ABC" },
    lanes: { int: 4 },
    "other.example.org/healthy": { bool: true },
  },
  capacity: { memory: { value: "1Gi" } },
}

/** What Kubernetes 1.36 says: the answer and the greatest cost it reckons with, or why there is none. */
const cases: readonly (readonly [expression: string, answer: boolean | string, costMax?: number])[] = [
  ["true", true, 0],
  ["1", "must evaluate to bool or the unknown type, not int"],
  ["device.driver", "must evaluate to bool or the unknown type, not string"],
  ["device.attributes", "must evaluate to bool or the unknown type, not map(string, map(string, google.protobuf.Any))"],
  ["device.nope", "compilation failed: ERROR: <input>:1:7: undefined field 'nope'\n | device.nope\n | ......^"],
  ['device.attributes["no"].x', "no such key: x", 4],
  ['"no" in device.attributes', false, 3],
  ["has(device.attributes.no)", true, 2],
  [`has(device.attributes["${DRIVER}"].no)`, false, 3],
  [`device.attributes["${DRIVER}"].version.isGreaterThan(semver("1.0.0"))`, true, 6],
  [`device.attributes["${DRIVER}"].lanes > 3`, true, 5],
  ['device.attributes["other.example.org"].healthy', true, 4],
  [`device.attributes["${DRIVER}"].model.lowerAscii() == "abc"`, true, 12],
  [`device.attributes["${DRIVER}"].?model.orValue("x") == "ABC"`, true, 6],
  [
    `device.attributes["${DRIVER}"].version`,
    "CEL result of type kubernetes.Semver could not be converted to bool: type conversion error from 'Semver' to 'bool'",
    4,
  ],
  [`device.capacity["${DRIVER}"].memory.compareTo(quantity("1Gi")) >= 0`, true, 7],
  [`device.capacity["${DRIVER}"].memory.isGreaterThan(quantity("1Gi"))`, false, 6],
  ["!device.allowMultipleAllocations && device.driver.startsWith('dra')", true, 6],
  [`cel.bind(own, device.attributes["${DRIVER}"], own.lanes == 4)`, true, 16],
  ['device.attributes["no"].text.matches("[0-9]*")', "no such key: text", 18],
  ["device.attributes.map(s, s.lowerAscii()).exists(s, s.matches('.*'))", true, 1038],
  [
    "device.attributes.map(a, device.attributes.map(b, device.attributes.map(c, device.attributes.map(d, a+b+c+d)))).size() > 0",
    true,
    78_440_239,
  ],
]

function answer(expression: string, of: SelectableDevice): readonly [boolean | string, number?] {
  const compiled = compileDeviceSelector(expression)
  if (!compiled.ok) return [compiled.message]
  try {
    return [compiled.matches(DRIVER, of), compiled.costMax]
  } catch (error) {
    if (!(error instanceof DeviceSelectorError)) throw error
    return [error.message, compiled.costMax]
  }
}

for (const [expression, ...expected] of cases) {
  test(`device selector: ${expression}`, () => assert.deepEqual(answer(expression, device), expected))
}

test("an attribute of an unknown kind has no answer", () => {
  const [why] = answer("true", { attributes: { list: {} } })
  assert.equal(why, "attribute list: unsupported attribute value")
})
