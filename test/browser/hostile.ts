/** Texts that must be shown as they are, and must not run, break out of their place or break the layout. */
export const hostile = {
  script: '<script>alert(1)</script>',
  endOfScript: '</script><img src=x onerror=alert(1)>',
  comment: '<!--<script>',
  formula: '=cmd()',
  arabic: 'محمد عبد الرحمن',
  hebrew: 'שרה לוי',
  /** Overrides the direction of what follows it, and never ends that. */
  override: 'Eve \u202eelif.exe',
  isolate: 'Ivy \u2067\u2066open',
  emoji: 'Zoë 👩🏽‍💻🏳️‍🌈',
  combining: 'Z\u0351\u036b\u0343\u036a\u0302a\u0338\u0321\u034dlgo',
  long: 'Wolfeschlegelsteinhausenbergerdorff'.repeat(9).slice(0, 300),
  json: '"}]\\u003c&lt;&amp;',
  lines: 'two\nlines',
} as const

export type HostileName = keyof typeof hostile
