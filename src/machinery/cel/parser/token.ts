/** What a token is, in the words of messages: symbols in quotes, classes in capitals. */
export type TokenKind =
  | "'=='"
  | "'!='"
  | "'in'"
  | "'<'"
  | "'<='"
  | "'>='"
  | "'>'"
  | "'&&'"
  | "'||'"
  | "'['"
  | "']'"
  | "'{'"
  | "'}'"
  | "'('"
  | "')'"
  | "'.'"
  | "','"
  | "'-'"
  | "'!'"
  | "'?'"
  | "':'"
  | "'+'"
  | "'*'"
  | "'/'"
  | "'%'"
  | "'true'"
  | "'false'"
  | "'null'"
  | "NUM_FLOAT"
  | "NUM_INT"
  | "NUM_UINT"
  | "STRING"
  | "BYTES"
  | "IDENTIFIER"
  | "ESC_IDENTIFIER"
  | "<EOF>"

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** In UTF-16 units from the start of the source. */
  readonly start: number
}

/** The order in which messages list what was expected. */
export const TOKEN_ORDER: readonly TokenKind[] = [
  "<EOF>",
  "'=='",
  "'!='",
  "'in'",
  "'<'",
  "'<='",
  "'>='",
  "'>'",
  "'&&'",
  "'||'",
  "'['",
  "']'",
  "'{'",
  "'}'",
  "'('",
  "')'",
  "'.'",
  "','",
  "'-'",
  "'!'",
  "'?'",
  "':'",
  "'+'",
  "'*'",
  "'/'",
  "'%'",
  "'true'",
  "'false'",
  "'null'",
  "NUM_FLOAT",
  "NUM_INT",
  "NUM_UINT",
  "STRING",
  "BYTES",
  "IDENTIFIER",
  "ESC_IDENTIFIER",
]
