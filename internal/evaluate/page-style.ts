/** The page's style; light or dark as the reader's system is. Colours `c0` to `c5` are the methods'. */
export const pageStyle = `
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1d1d1b; --soft: #62625e; --line: #e3e2de; --card: #f6f5f2;
  --c0: #2468c2; --c1: #c8511b; --c2: #14805a; --c3: #7a4cc2; --c4: #b03a72; --c5: #6b6b66 }
@media (prefers-color-scheme: dark) { :root { --paper: #191918; --ink: #ecebe7; --soft: #a3a29c; --line: #363532; --card: #222120;
  --c0: #6ba4f2; --c1: #ee8a55; --c2: #4cc295; --c3: #b295ee; --c4: #ea86b4; --c5: #a8a7a1 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .75rem } h2 { font-size: 1.2rem; margin: 2.75rem 0 .35rem }
p { max-width: 46rem; margin: .35rem 0 } .soft, figcaption { color: var(--soft) } .lead { font-size: 1.1rem }
ul.answer { list-style: none; padding: 0; margin: 1.25rem 0; display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)) }
ul.answer li { background: var(--card); border-left: 4px solid; padding: .75rem 1rem }
ul.answer b { display: block; font-size: 1.9rem; line-height: 1.2; color: var(--ink) }
ul.answer span { color: var(--soft); font-size: .9rem }
figure { margin: .75rem 0 0; overflow-x: auto } figcaption { font-size: .92rem; max-width: 46rem }
svg { width: 100%; min-width: 32rem; height: auto; display: block; margin-top: .5rem }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif } svg .tick { fill: var(--soft); font-size: 12px }
svg .note { font-variant-numeric: tabular-nums }
svg .grid { stroke: var(--line) } svg .zero { stroke: var(--soft) }
svg .whisker { stroke-width: 2.5; stroke-linecap: round; opacity: .55 }
svg .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .5rem 0 0; list-style: none; font-size: .92rem }
.legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 50%; margin-right: .4rem; background: currentcolor }
.legend span { color: var(--ink) }
.table { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums }
th, td { padding: .4rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, td:first-child { text-align: left } th { color: var(--soft); font-weight: 600 }
td small { display: block; color: var(--soft) }
dl { max-width: 46rem } dt { font-weight: 600; margin-top: .6rem } dd { margin: 0; color: var(--soft) }
pre { background: var(--card); padding: .75rem 1rem; overflow-x: auto; font-size: .85rem }
${[0, 1, 2, 3, 4, 5].map(n => `svg .c${n} { fill: var(--c${n}); stroke: var(--c${n}) } svg circle.c${n} { stroke: var(--paper); stroke-width: 1.5 } svg .curve.c${n} { fill: none } li.c${n} { color: var(--c${n}); border-color: var(--c${n}) }`).join('\n')}
`

/** How many colours there are; more methods begin again with the first. */
export const colours = 6
