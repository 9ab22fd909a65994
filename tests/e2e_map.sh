#!/bin/sh
# A story's map: in each format, with counts of plays, and with names that each would stumble over.
. "$(dirname "$0")/lib.sh"

house=$FEVERDREAM_ASSETS/stories/the-well-house.twee
map() { "$FEVERDREAM" story map "$@"; }
# count WANTED PATTERN FILE: how many lines of the file hold the pattern.
count() { got=$(grep -c -- "$2" "$3"); [ "$got" = "$1" ] || { echo "$got lines, expected $1"; return 1; }; }

for format in dot text svg html; do
    map "$house" --format $format >"$work/house.$format"
    check "$format: the house" test -s "$work/house.$format"
done
check "each of 156 passages is drawn once" count 156 '<g class="passage[^"]*" data-p=' "$work/house.svg"
links=$(map "$house" --json | tr '{' '\n' | grep -c '^"from"')
check "and each link" count "$links" '<path class="link' "$work/house.svg"
check "the tree tells each passage once" sh -c "[ \$(grep -cv '→' '$work/house.text') = 156 ]"
check "the page loads nothing" sh -c "! grep -Eq '(src|href)=\"|@import|fetch\\(' '$work/house.html'"
if command -v xmllint >/dev/null; then
    check "the drawing is XML" xmllint --noout "$work/house.svg"
else
    echo "   skipped: xmllint is not here"
fi

cat >"$work/odd.twee" <<'END'
:: StoryTitle
</title><script>alert(1)</script> & "Co"

:: Start
[["A" & <b>->A "q" & <i>'s</i>]]
{?lamp > 2 and (a = "x" or not visited(Low)): [[down->Low]]}
[[away->{~3:Low|1:Far away}]]

:: A "q" & <i>'s</i>
</script><script>alert(2)</script>
[[back->Start]]

:: Low [ending]
{dream 9 "You": You end.}

:: Far away [ending]
x

:: A passage with a name so long that no box would ever hold it on the three lines that there are for it [ending]
日本語
END
for format in dot text svg html; do
    check "$format: odd names" status 0 "$FEVERDREAM" story map "$work/odd.twee" --format $format --plays 20
    cp "$work/out" "$work/odd.$format"
done
check "dot: quotes are escaped" grep -q '"A \\"q\\" & <i>' "$work/odd.dot"
check "svg: names are escaped" grep -q 'A &#34;q&#34; &#38; &#60;i&#62;&#39;s&#60;/i&#62;' "$work/odd.svg"
check "html: a text cannot end the script" count 1 '</script>' "$work/odd.html"
check "html: nor a title the head" sh -c "! grep -q '<script>alert' '$work/odd.html'"
check "terms stand on the links" grep -q '\[ending\]  (if lamp > 2 and (a = "x" or not visited(Low)); or 3 in 4)' "$work/odd.text"
check "kinds are told in words" grep -q '\[dreams\]  \[ending\]' "$work/odd.text"
ended() { awk '/\[ending\]/ { sum += $1 } END { exit sum != 20 }' "$1"; }
check "with what plays met" ended "$work/odd.text"
if command -v xmllint >/dev/null; then
    check "and the drawing is XML still" xmllint --noout "$work/odd.svg"
fi
# What comes in and goes out of a passage by links is what was visited, the start apart.
map "$FEVERDREAM_ASSETS/stories/lip-service.twee" --plays 50 --json >"$work/plays.json"
check "plays are counted on passages and links" sh -c "tr '{' '\n' <'$work/plays.json' | awk -F'[:,}]' '
    /^\"name\"/ { p++; for (i = 1; i < NF; i++) { if (\$i == \"\\\"visits\\\"\") v[p - 1] = \$(i + 1)
                                                if (\$i == \"\\\"start\\\"\" && \$(i + 1) == \"true\") start = p - 1 } }
    /^\"from\"/ { to = \$4; for (i = 1; i < NF; i++) if (\$i == \"\\\"taken\\\"\") t[to] += \$(i + 1) }
    END { t[start] += 50; for (i = 0; i < p; i++) { all += v[i]; if (v[i] != t[i]) bad++ }; exit bad > 0 || all < 300 }'"
check "an unknown format is refused" status 2 "$FEVERDREAM" story map "$house" --format png
# In a browser: what is looked at stays in the middle when the window's size changes.
if command -v chromium >/dev/null; then
    cat - "$work/house.html" >"$work/browser.html" <<'END'
<script>
window.onload = () => {
    const spot = () => [(view.clientWidth / 2 - x) / k, (view.clientHeight / 2 - y) / k, k].map(v => v.toFixed(2)).join();
    const resize = right => { view.style.right = right; window.onresize() };
    resize('200px');
    const fits = W * k <= view.clientWidth;
    zoom(3, 100, 100);
    const before = spot();
    resize('500px');
    document.body.dataset.seen = fits && spot() === before ? 'kept' : 'lost';
};
</script>
END
    sed -i "s/default-src 'none'; //" "$work/browser.html"
    timeout 120 chromium --headless --no-sandbox --disable-gpu --dump-dom "file://$work/browser.html" >"$work/dom" 2>/dev/null
    check "the view is kept in a window of another size" grep -q 'data-seen="kept"' "$work/dom"
else
    echo "   skipped: chromium is not here"
fi
finish
