import { expect } from 'chai'
import { placeIn, withoutFinalSemicolons } from './query-text.ts'

describe('the text of a query', () => {
  it('loses the semicolons at its end, whatever comment follows, and nothing else', () => {
    const same = [
      'SELECT 1',
      "SELECT ';'",
      "SELECT ';  -- b'",
      "SELECT 'it''s;'",
      String.raw`SELECT E'it\'s;' -- ;`,
      'SELECT ";"',
      'SELECT $$;$$',
      'SELECT $a$ $$; $a$',
      'SELECT 1 -- done;',
      'SELECT 1 /* done; /* really; */ ; */',
      'SELECT 1; DROP TABLE orders',
      "SELECT 1; '",
      '',
    ]
    expect(same.map(withoutFinalSemicolons)).to.deep.equal(same)
    const cut = [
      ['SELECT 1;', 'SELECT 1 '],
      ['SELECT 1 ;; \n; ', 'SELECT 1    \n  '],
      ['SELECT 1; -- done; really', 'SELECT 1  -- done; really'],
      ["SELECT 1; /* it's; /* so */ */", "SELECT 1  /* it's; /* so */ */"],
      ['SELECT 1; SELECT 2;', 'SELECT 1; SELECT 2 '],
      ['SELECT $a$;$a$;', 'SELECT $a$;$a$ '],
    ]
    expect(cut.map(([query = '']) => withoutFinalSemicolons(query))).to.deep.equal(
      cut.map(([, kept]) => kept),
    )
  })

  it('tells a place by line and column, in whole characters', () => {
    const text = 'SELECT\n  😀, x'
    expect(placeIn(text, 1)).to.equal('line 1, column 1')
    expect(placeIn(text, 13)).to.equal('line 2, column 6')
  })
})
