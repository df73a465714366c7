import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { CertificateRequestError, parseCertificateRequest } from "./certificates/certificate-request.ts"
import { pemBlocks } from "./certificates/pem.ts"
import { NAMED_REQUEST } from "./certificates/testing.ts"
import { IpAddressError, parseIpAddress, parseIpPrefix } from "./net/ip-address.ts"
import { parseUrl, UrlError } from "./net/url.ts"
import { parseQuantity, QuantityError } from "./quantity/quantity.ts"
import { CronError, parseCron } from "./time/cron.ts"
import { parseDuration } from "./time/duration.ts"
import { parseInstant } from "./time/timestamp.ts"

/** Whatever text comes, a decoder gives a value or its own kind of error. */

const RUNS = { numRuns: 2000, seed: 7 }

interface Decoder {
  readonly name: string
  readonly run: (text: string) => unknown
  /** What it may throw. */
  readonly error?: new (
    ...words: never[]
  ) => Error
  /** Pieces of which texts that it nearly understands are made. */
  readonly pieces: readonly string[]
}

const DECODERS: readonly Decoder[] = [
  {
    name: "cron",
    run: parseCron,
    error: CronError,
    pieces: ["*", "/", ",", "-", "0", "59", "99999999999", " ", "@every", "MON", "TZ="],
  },
  {
    name: "quantity",
    run: parseQuantity,
    error: QuantityError,
    pieces: ["1", "0", ".", "-", "+", "e", "E", "Ki", "m", "999999999999"],
  },
  { name: "duration", run: parseDuration, pieces: ["1", ".", "h", "m", "s", "ns", "µs", "-", "99999999999999999999"] },
  { name: "time", run: parseInstant, pieces: ["2026", "-", "01", "T", ":", "00", ".", "999999999", "Z", "+99:99"] },
  {
    name: "address",
    run: parseIpAddress,
    error: IpAddressError,
    pieces: ["::", ":", ".", "1", "256", "ffff", "%", "eth0"],
  },
  {
    name: "prefix",
    run: parseIpPrefix,
    error: IpAddressError,
    pieces: ["10.0.0.0", "::", "/", "33", "-1", "128", "01"],
  },
  {
    name: "URL",
    run: parseUrl,
    error: UrlError,
    pieces: ["http", ":", "//", "[", "]", "@", "%", "%zz", "?", "#", "\u0000", "a", ":99999999"],
  },
  { name: "PEM", run: pemBlocks, pieces: ["-----BEGIN ", "-----END ", "A", "-----", "\n", ":", "====", "\u0000"] },
]

for (const { name, run, error, pieces } of DECODERS) {
  test(`${name}: a value, or an error of its own`, () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join("")),
      fc.constantFrom(...pieces).map((piece) => piece.repeat(20_000)),
    )
    fc.assert(
      fc.property(text, (one) => {
        try {
          run(one)
        } catch (thrown) {
          assert.ok(
            error !== undefined && thrown instanceof error,
            `${name} of ${JSON.stringify(one.slice(0, 80))}: ${thrown}`,
          )
        }
      }),
      RUNS,
    )
  })
}

test("a request for a certificate with any byte changed is read or refused", () => {
  const [block] = pemBlocks(NAMED_REQUEST)
  const bytes = block?.bytes ?? Buffer.alloc(0)
  const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255), cut: fc.option(fc.nat(bytes.length)) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      let changed = Buffer.from(bytes)
      for (const { at, to, cut } of changes) {
        if (at < changed.length) changed[at] = to
        if (cut !== null) changed = changed.subarray(0, cut)
      }
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${changed.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`
      try {
        parseCertificateRequest(pem).checkSignature()
      } catch (thrown) {
        assert.ok(thrown instanceof CertificateRequestError, `${thrown}`)
      }
    }),
    RUNS,
  )
})
