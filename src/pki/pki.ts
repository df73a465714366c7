import { createPrivateKey, X509Certificate } from "node:crypto"
import { isIP } from "node:net"
import { join } from "node:path"
import { messageOf } from "../machinery/status/message-of.ts"
import { readTextIfPresent, writeAtomically, writeTogether } from "../platform/linux/files.ts"
import type { Platform } from "../platform/platform.ts"
import {
  type CertificateRequest,
  type KeyedCertificate,
  makeCertificate,
  makeSigningKey,
  type SigningKey,
  signingKeyFrom,
} from "./certificate.ts"

/**
 * The cluster's certificates, kept as files with the names that kubeadm users know. What exists and is good is only
 * read; what is missing, near its end, signed by another CA or made for other addresses is made anew.
 */

export interface CertificateFiles extends KeyedCertificate {
  readonly certFile: string
  readonly keyFile: string
}

export interface Pki {
  readonly ca: CertificateFiles
  readonly frontProxyCa: CertificateFiles
  readonly frontProxyClient: CertificateFiles
  /** What the API server shows its clients. */
  readonly serving: CertificateFiles
  /** What the API server shows kubelets. */
  readonly kubeletClient: CertificateFiles
  readonly admin: CertificateFiles
  readonly controllerManager: CertificateFiles
  readonly scheduler: CertificateFiles
  readonly serviceAccount: SigningKey & { readonly keyFile: string }
}

export interface NodePki {
  readonly ca: { readonly cert: string; readonly certFile: string }
  /** Identity `system:node:NAME`. */
  readonly client: CertificateFiles
  /** What the kubelet shows the API server. */
  readonly serving: CertificateFiles
  /** Identity `system:kube-proxy`, for the service proxy and DNS of the node. */
  readonly proxy: CertificateFiles
}

type Needs = Pick<Platform, "clock" | "random">

const DAY_MS = 24 * 3_600_000
const CA_VALID_MS = 3650 * DAY_MS
const LEAF_VALID_MS = 365 * DAY_MS
/** Certificates with less left are made anew. */
export const RENEW_BEFORE_MS = 60 * DAY_MS

export interface PkiOptions {
  readonly dir: string
  readonly platform: Needs
  readonly clusterName: string
  /** Addresses and names by which clients reach the API server. */
  readonly apiAddresses: readonly string[]
  /** The cluster IP of the `kubernetes` service. */
  readonly serviceIp: string
  /** Default: `cluster.local`. */
  readonly clusterDomain?: string
  /** Which certificates are made anew though they are good, by the name of their files. */
  readonly renew?: RenewCertificate
}

/** Asked with the name of a certificate, such as `apiserver` or `nodes/n1/kubelet`. */
export type RenewCertificate = (name: string) => boolean

/** A file that cannot be made anew, because everybody's credentials hang on it, is damaged. */
export class DamagedKeyError extends Error {
  override readonly name = "DamagedKeyError"

  constructor(files: readonly string[], cause: unknown) {
    const [what, them] = files.length > 1 ? [files.join(" and "), "both"] : [files[0] ?? "", "it"]
    const text = messageOf(cause)
    super(
      `${what}: damaged (${text}). Restore ${them} from a backup, or remove ${them}: new keys are made then, and all credentials that clients and pods have become invalid.`,
      { cause },
    )
  }
}

/**
 * Reads the cluster's certificates and makes what is missing. Throws when a file can be neither read nor written, and
 * `DamagedKeyError` when a CA or the key of service accounts is damaged.
 */
export function ensurePki(options: PkiOptions): Pki {
  const { dir, platform, clusterName, clusterDomain = "cluster.local", renew } = options
  const ca = ensureAuthority(dir, "ca", `${clusterName}-ca`, platform)
  const frontProxyCa = ensureAuthority(dir, "front-proxy-ca", `${clusterName}-front-proxy-ca`, platform)
  const leaf = (name: string, request: Omit<CertificateRequest, "validMs">, issuer = ca) =>
    ensureLeaf({ dir, name, request, issuer, platform, isUnwanted: renew?.(name) })
  const client = (name: string, commonName: string, organizations: readonly string[] = [], issuer = ca) =>
    leaf(name, { commonName, organizations, usage: "client" }, issuer)
  const hosts = [
    "localhost",
    "127.0.0.1",
    "::1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${clusterDomain}`,
    options.serviceIp,
    ...options.apiAddresses,
  ]
  return {
    ca,
    frontProxyCa,
    frontProxyClient: client("front-proxy-client", "front-proxy-client", [], frontProxyCa),
    serving: leaf("apiserver", { commonName: "kube-apiserver", usage: "server", hosts: distinct(hosts) }),
    kubeletClient: client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", ["system:masters"]),
    admin: client("admin", `${clusterName}-admin`, ["system:masters"]),
    controllerManager: client("controller-manager", "system:kube-controller-manager"),
    scheduler: client("scheduler", "system:kube-scheduler"),
    serviceAccount: ensureSigningKey(join(dir, "sa.key")),
  }
}

export interface NodePkiOptions {
  /** The folder of the cluster's certificates, which holds the CA's key. */
  readonly dir: string
  readonly platform: Needs
  readonly nodeName: string
  /** Addresses and names by which the API server reaches the kubelet. */
  readonly addresses: readonly string[]
  /** As for the cluster's. */
  readonly renew?: RenewCertificate
}

/** The certificates of one node, in `nodes/NAME`. Throws when the cluster's CA is not there yet. */
export function ensureNodePki(options: NodePkiOptions): NodePki {
  const { dir, platform, nodeName, renew } = options
  const ca = load(dir, "ca")
  if (ca === undefined) throw new Error(`no cluster CA in ${dir}: start the server once, it makes ca.crt and ca.key`)
  const nodeDir = join(dir, "nodes", nodeName)
  const leaf = (name: string, request: Omit<CertificateRequest, "validMs">) =>
    ensureLeaf({ dir: nodeDir, name, request, issuer: ca, platform, isUnwanted: renew?.(`nodes/${nodeName}/${name}`) })
  const commonName = `system:node:${nodeName}`
  const organizations = ["system:nodes"]
  const hosts = distinct([nodeName, ...options.addresses])
  return {
    ca: { cert: ca.cert, certFile: ca.certFile },
    client: leaf("kubelet-client", { commonName, organizations, usage: "client" }),
    serving: leaf("kubelet", { commonName, organizations, usage: "server", hosts }),
    proxy: leaf("kube-proxy", { commonName: "system:kube-proxy", usage: "client" }),
  }
}

function ensureAuthority(dir: string, name: string, commonName: string, platform: Needs): CertificateFiles {
  const found = load(dir, name)
  // Replacing a CA would lock out every client, so an existing one is kept until a person decides.
  if (found !== undefined) {
    try {
      checkPair(found)
    } catch (error) {
      throw new DamagedKeyError([found.certFile, found.keyFile], error)
    }
    return found
  }
  const made = makeCertificate({ commonName, usage: "ca", validMs: CA_VALID_MS }, undefined, platform)
  return save(dir, name, made, { durable: true })
}

interface Leaf {
  readonly dir: string
  readonly name: string
  readonly request: Omit<CertificateRequest, "validMs">
  readonly issuer: KeyedCertificate
  readonly platform: Needs
  /** Made anew though it is good. */
  readonly isUnwanted: boolean | undefined
}

function ensureLeaf({ dir, name, request, issuer, platform, isUnwanted }: Leaf): CertificateFiles {
  const found = isUnwanted ? undefined : load(dir, name)
  if (found !== undefined && isGood(found, request, issuer, platform.clock.nowMs())) return found
  return save(dir, name, makeCertificate({ ...request, validMs: LEAF_VALID_MS }, issuer, platform))
}

function isGood(found: KeyedCertificate, request: Leaf["request"], issuer: KeyedCertificate, nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(found.cert)
    const authority = new X509Certificate(issuer.cert)
    checkPair(found)
    return (
      certificate.validToDate.getTime() - nowMs > RENEW_BEFORE_MS &&
      certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey) &&
      (request.hosts ?? []).every((host) => covers(certificate, host)) &&
      hasSubject(certificate, request)
    )
  } catch {
    // A damaged file counts as missing.
    return false
  }
}

/** Throws when either is not what it should be, or they do not belong together. */
function checkPair({ cert, key }: KeyedCertificate): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error("they do not fit each other")
}

function covers(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined
}

function hasSubject(certificate: X509Certificate, request: Leaf["request"]): boolean {
  const wanted = [...(request.organizations ?? []).map((name) => `O=${name}`), `CN=${request.commonName}`]
  return certificate.subject === wanted.join("\n")
}

function load(dir: string, name: string): CertificateFiles | undefined {
  const certFile = join(dir, `${name}.crt`)
  const keyFile = join(dir, `${name}.key`)
  const cert = readTextIfPresent(certFile)
  const key = readTextIfPresent(keyFile)
  return cert === undefined || key === undefined ? undefined : { cert, key, certFile, keyFile }
}

function save(
  dir: string,
  name: string,
  made: KeyedCertificate,
  options: { readonly durable?: boolean } = {},
): CertificateFiles {
  const certFile = join(dir, `${name}.crt`)
  const keyFile = join(dir, `${name}.key`)
  writeTogether(
    [
      [keyFile, made.key],
      [certFile, made.cert],
    ],
    options,
  )
  return { ...made, certFile, keyFile }
}

function ensureSigningKey(keyFile: string): SigningKey & { readonly keyFile: string } {
  const found = readTextIfPresent(keyFile)
  if (found !== undefined) {
    try {
      return { ...signingKeyFrom(found), keyFile }
    } catch (error) {
      throw new DamagedKeyError([keyFile], error)
    }
  }
  const made = makeSigningKey()
  writeAtomically(keyFile, made.privateKey, { durable: true })
  return { ...made, keyFile }
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)]
