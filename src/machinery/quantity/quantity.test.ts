import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts"

test("text becomes canonical as in Go", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["0", "0"],
    ["000", "0"],
    ["-0", "0"],
    ["1", "1"],
    ["1000m", "1"],
    ["100m", "100m"],
    ["0.1", "100m"],
    ["1.5", "1500m"],
    [".5", "500m"],
    ["1.", "1."],
    ["1.5Gi", "1536Mi"],
    ["1024Mi", "1Gi"],
    ["512Mi", "512Mi"],
    ["1025Mi", "1025Mi"],
    ["1000Ki", "1000Ki"],
    ["0.5Ki", "512"],
    ["1023", "1023"],
    ["1000", "1k"],
    ["1000000", "1M"],
    ["123456", "123456"],
    ["2e3", "2e3"],
    ["2.5e3", "2500"],
    ["12E", "12E"],
    ["1E3", "1E3"],
    ["10e2", "1e3"],
    ["1e-3", "1e-3"],
    ["0.1n", "1n"],
    ["-1.1n", "-2n"],
    ["0.0001Ki", "102400u"],
    ["9223372036854775808Ki", "9223372036854775807"],
    ["1.1Ki", "1126400m"],
    ["-100m", "-100m"],
    ["100000Ei", "9223372036854775807"],
  ]
  for (const [text, expected] of cases) assert.equal(canonicalQuantity(text), expected, text)
})

test("what is no quantity is refused with Kubernetes' message", () => {
  const format = /quantities must match the regular expression/
  const suffix = /unable to parse quantity's suffix/
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", format],
    ["x", format],
    ["1 Gi", format],
    ["1Gx", format],
    ["1mi", suffix],
    ["1e", suffix],
    ["1KI", format],
    ["1e99999999", suffix],
    ["1i", suffix],
  ]
  for (const [text, expected] of cases) assert.throws(() => parseQuantity(text), expected, text)
})

test("arithmetic is exact", () => {
  const sum = addQuantities(parseQuantity("0.1"), parseQuantity("0.2"))
  assert.equal(formatQuantity(sum), "300m")
  assert.equal(compareQuantities(sum, parseQuantity("300m")), 0)
  assert.equal(formatQuantity(addQuantities(parseQuantity("1Gi"), parseQuantity("512Mi"))), "1536Mi")
  assert.equal(formatQuantity(addQuantities(parseQuantity("0"), parseQuantity("1Gi"))), "1Gi")
  assert.equal(formatQuantity(subtractQuantities(parseQuantity("1"), parseQuantity("1500m"))), "-500m")
  assert.equal(quantityValue(parseQuantity("1500m")), 2)
  assert.equal(quantityValue(parseQuantity("-1500m")), -2)
  assert.equal(quantityMilliValue(parseQuantity("1.0005")), 1001)
  assert.equal(quantityValue(parseQuantity("8Ei")), 2 ** 63)
})

test("canonical text is stable and keeps the amount", () => {
  const texts = fc
    .tuple(
      fc.bigInt(-(10n ** 20n), 10n ** 20n),
      fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e2", "e-4", "u", "n"),
    )
    .map(([number, suffix]) => `${number}${suffix}`)
  fc.assert(
    fc.property(texts, (text) => {
      const canonical = canonicalQuantity(text)
      assert.equal(canonicalQuantity(canonical), canonical)
      const capped = quantityValue(parseQuantity(text)) >= 2 ** 63
      if (!capped) assert.equal(compareQuantities(parseQuantity(text), parseQuantity(canonical)), 0)
    }),
  )
})

test("a text without end is refused at once", () => {
  // A pattern that is tried at every place of it would take hours.
  for (const text of ["1".repeat(1 << 20), `${"1".repeat(1 << 20)}x`]) {
    assert.throws(() => parseQuantity(text), /^QuantityError: quantities must match the regular expression/)
  }
})
