import { createHash, createPrivateKey } from "node:crypto"
import { type KeyedCertificate, makeCertificate, makeSigningKey, type SigningKey } from "../src/pki/certificate.ts"
import { realRandom } from "../src/platform/node/random.ts"
import { createSeededRandom } from "../src/platform/sim/random.ts"

/** The certificates of a test cluster. */
export interface TestPki {
  readonly ca: KeyedCertificate
  readonly serving: KeyedCertificate
  readonly kubeletClient: KeyedCertificate
  readonly frontProxyCa: KeyedCertificate
  readonly frontProxyClient: KeyedCertificate
  readonly serviceAccount: SigningKey
  /** Everybody can make the CA's key: nobody may be believed because of a certificate. */
  readonly isPublic: boolean
}

const HOSTS = [
  "localhost",
  "127.0.0.1",
  "::1",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "10.96.0.1",
]
const CENTURY_MS = 100 * 365 * 24 * 3_600_000
/** DER of an Ed25519 private key (RFC 8410), up to its 32 bytes. */
const ED25519_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex")

let shared: TestPki | undefined

/**
 * Certificates whose CAs are the same in every process, because they show up in the cluster's objects and these have to
 * be the same for the same seed. Made once for all clusters.
 */
export function publicPki(): TestPki {
  shared ??= makePki(authority("gantry-test-ca"), authority("gantry-test-front-proxy-ca"), true)
  return { ...shared, serviceAccount: makeSigningKey() }
}

/** Certificates that nobody else has the keys of. */
export function secretPki(): TestPki {
  const makers = { clock: { nowMs: () => Date.now() }, random: realRandom }
  const ca = (commonName: string) =>
    makeCertificate({ commonName, usage: "ca", validMs: CENTURY_MS / 10 }, undefined, makers)
  return makePki(ca("gantry-test-ca"), ca("gantry-test-front-proxy-ca"), false)
}

function makePki(ca: KeyedCertificate, frontProxyCa: KeyedCertificate, isPublic: boolean): TestPki {
  // Good for virtual times as well as for clients that go by the real one.
  const makers = { clock: { nowMs: () => Date.UTC(2000, 0, 2) }, random: realRandom }
  const validMs = CENTURY_MS - 48 * 3_600_000
  const client = (commonName: string, issuer: KeyedCertificate) =>
    makeCertificate({ commonName, usage: "client", validMs }, issuer, makers)
  return {
    ca,
    frontProxyCa,
    isPublic,
    serving: makeCertificate({ commonName: "kube-apiserver", usage: "server", hosts: HOSTS, validMs }, ca, makers),
    kubeletClient: client("kube-apiserver-kubelet-client", ca),
    frontProxyClient: client("front-proxy-client", frontProxyCa),
    serviceAccount: makeSigningKey(),
  }
}

/** The same for the same name. */
function authority(commonName: string): KeyedCertificate {
  const seed = createHash("sha256").update(commonName).digest()
  const der = Buffer.concat([ED25519_PREFIX, seed])
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" })
  const makers = { clock: { nowMs: () => Date.UTC(2000, 0, 1) }, random: createSeededRandom(seed.readUInt32BE()) }
  return makeCertificate({ commonName, usage: "ca", validMs: CENTURY_MS, key: key.toString() }, undefined, makers)
}
