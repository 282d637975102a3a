// Calls a live update by the names of its functions. Prints "ok" or "not ok" for each check; exit code 1 if one
// failed.
var failures = 0;

function check(what, good) {
    if (good) {
        WScript.Echo("ok - " + what);
    } else {
        WScript.Echo("not ok 1 - js: " + what);
        failures++;
    }
}

// What a call throws, as { number, text }.
function thrown(run) {
    try {
        run();
    } catch (error) {
        return { number: error.number & 0xFFFF, text: String(error.message) };
    }
    return { number: 0, text: "" };
}

var update = new ActiveXObject("Hotpatch.Automation");

check("scalars", update.score_add(2, 3) === 5);
check("any case", update.SCORE_add(2, 3) === 5);
check("part of a name", update.low(19) === 3);
check("text in", update.greet("Ada", "", 32) === true);
check("64 bits", update.wide(21) === 42);
check("a property", update.ProtocolVersion >= 1);

// JScript's arrays are objects; a dictionary's items are an array as Automation has them.
var dictionary = new ActiveXObject("Scripting.Dictionary");
dictionary.Add("a", 1);
dictionary.Add("b", 2);
dictionary.Add("c", 6);
check("array", update.average(dictionary.Items(), 3) === 3);
dictionary.Remove("c");
check("call with values", update.Call("score_add", dictionary.Items()) === 3);

var error = thrown(function () { update.split(1, 0, 0); });
check("exception", error.number !== 0 && error.text.indexOf("split") >= 0);
check("overflow", thrown(function () { update.low(256); }).number !== 0);
check("not a number", thrown(function () { update.low(NaN); }).number !== 0);
check("type", thrown(function () { update.score_add("two", 3); }).number !== 0);
check("array of the language", thrown(function () { update.average([1, 2], 2); }).number !== 0);
check("count", thrown(function () { update.score_add(1); }).number !== 0);
check("name", thrown(function () { update.no_such_function(1); }).number !== 0);
check("alive after all that", update.score_add(1, 1) === 2);

if (failures > 0) {
    WScript.Quit(1);
}
WScript.Echo("all done");
