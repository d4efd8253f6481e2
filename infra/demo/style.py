"""How the demo's report looks: light and dark, wide and narrow, with nothing from elsewhere."""

CSS = """
:root { color-scheme: light dark; --page: #fbfaf7; --card: #fff; --ink: #1b2430; --faint: #545f6e; --line: #d5d9df;
  --link: #1a56a0; --good: #1b6b3a; --bad: #a8202f; --converted: #2b66ab; --choose: #e3a71c; --retired: #a3303d;
  --free: #b3bac4; --on-dark: #fff; --on-light: #1b2430; --hatch: #00000038; --dots: #00000040; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --ink: #e7eaef; --faint: #a7b0bd;
  --line: #38414e; --link: #8dbcf5; --good: #6fd195; --bad: #ff9aa2; --converted: #6da7ea; --choose: #e8ba45;
  --retired: #f08c95; --free: #8d97a5; --on-dark: #12161c; --on-light: #12161c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 78rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1.05rem; margin: 0 0 .25rem; } p { margin: .25rem 0 .75rem; max-width: 46rem; }
a { color: var(--link); } a:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
.verdict { border-left: .4rem solid var(--good); padding: .5rem .9rem; background: var(--card); }
.verdict.wrong { border-color: var(--bad); } .right { color: var(--good); font-weight: 600; white-space: nowrap; }
.wrong strong, td.wrong { color: var(--bad); font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
#systems caption, #totals caption {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
caption { text-align: left; font-weight: 600; padding: .5rem .7rem; }
th, td { padding: .3rem .7rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--faint); font-weight: 600; } tbody th { font-weight: 400; }
thead .n { white-space: normal; } #totals td:last-child { min-width: 16rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .nowrap { white-space: nowrap; }
details { margin: .6rem 0 1rem; } summary { cursor: pointer; color: var(--link); padding: .2rem 0; }
figure { margin: 1.2rem 0 2rem; } figcaption p { color: var(--faint); }
svg { display: block; width: 100%; min-width: 46rem; height: auto; padding: .5rem; }
svg.wide { min-width: 0; padding: 0; } .scroll:has(.wide) { padding: .5rem .8rem; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .strong { font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
svg .faint { fill: var(--faint); font-size: 12px; }
svg .letter { fill: var(--page); font-weight: 700; font-size: 12px; }
.axis { stroke: var(--faint); } .grid { stroke: var(--line); } .badge { fill: var(--ink); }
.mark { stroke: var(--ink); stroke-dasharray: 3 3; fill: none; opacity: .55; }
.needle { stroke-width: 1.6; } .dot { stroke: var(--converted); } .diamond { stroke: var(--retired); }
.head.dot { fill: var(--converted); } .head.diamond { fill: var(--card); stroke-width: 1.8; }
.needle.diamond { stroke-dasharray: 2 3; }
.converted { fill: var(--converted); } .choose { fill: var(--choose); } .retired { fill: var(--retired); }
.free { fill: var(--free); } rect { stroke: var(--card); }
.pattern-converted, .pattern-free { fill: none; } .pattern-choose { fill: url(#dots); }
.pattern-retired { fill: url(#hatch); } #dots circle { fill: var(--dots); } #hatch path { stroke: var(--hatch); }
svg .on-converted, svg .on-retired { fill: var(--on-dark); font-weight: 600; }
svg .on-choose, svg .on-free { fill: var(--on-light); font-weight: 600; }
.legend { list-style: none; padding: 0; margin: .6rem 0; display: grid; gap: .15rem 1.5rem; font-size: .92rem;
  grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.fills { position: absolute; width: 0; height: 0; min-width: 0; padding: 0; }
.legend li { display: flex; gap: .6rem; }
.legend svg { flex: none; min-width: 0; width: 24px; padding: 0; height: 24px; }
.life { list-style: none; margin: 1rem 0; padding: 0 0 0 1.1rem; border-left: 3px solid var(--line); }
.life > li { padding: 0 0 .9rem .4rem; } .life ul { list-style: none; padding: 0; margin: 0; }
.life li li { position: relative; padding: .1rem 0; } .life li li::before { content: ""; position: absolute;
  left: -2.1rem; top: .5rem; width: .8rem; height: .8rem; border: 2px solid var(--ink); background: var(--page); }
.life .fact::before { border-radius: 50%; } .life .decision::before { background: var(--converted); }
.life .notice::before { background: var(--choose); transform: rotate(45deg); }
.life li:target { outline: 2px solid var(--link); }
.life time { color: var(--faint); font-variant-numeric: tabular-nums; } .life .kind { font-weight: 600; }
.life .about { color: var(--faint); font-size: .88rem; }
#systems thead th:first-child, #totals thead th:first-child { font-size: 0; }
@media (max-width: 40rem) { th, td { padding: .3rem .4rem; }
  .legend { grid-template-columns: 1fr; } h1 { font-size: 1.4rem; } }
"""
