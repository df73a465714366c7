import { X509Certificate } from "node:crypto"

/** More would not be a chain that people make. */
const CHAIN_MAX = 8

/**
 * Whether one of several CAs stands behind a certificate whose chain TLS has checked already. TLS trusts all CAs of this
 * server alike; what a certificate may be used for depends on which of them it came from.
 */
export function issuedBy(authorities: readonly X509Certificate[]) {
  return (certificate: X509Certificate): boolean => {
    let current: X509Certificate | undefined = certificate
    for (let depth = 0; current !== undefined && depth < CHAIN_MAX; depth++) {
      const one: X509Certificate = current
      if (authorities.some((ca) => one.checkIssued(ca) && one.verify(ca.publicKey))) return true
      const issuer: X509Certificate | undefined = one.issuerCertificate
      current = issuer?.fingerprint256 === one.fingerprint256 ? undefined : issuer
    }
    return false
  }
}

/** All certificates of a PEM text. Throws when one cannot be read. */
export function certificatesOf(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return found.map((one) => new X509Certificate(one))
}
