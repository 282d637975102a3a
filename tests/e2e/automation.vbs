' Calls a live update by the names of its functions. Prints "ok" or "not ok" for each check; exit code 1 if
' one failed.
Option Explicit

Dim failures, update
failures = 0

Sub Check(what, good)
    If good Then
        WScript.Echo "ok - " & what
    Else
        WScript.Echo "not ok 1 - vbs: " & what
        failures = failures + 1
    End If
End Sub

Set update = CreateObject("Hotpatch.Automation")

Check "scalars", update.score_add(2, 3) = 5
Check "any case", update.Score_ADD(2, 3) = 5
Check "text that is a number", update.score_add("40", 2.0) = 42
Check "part of a name", update.low(19) = 3
Check "members of the interface", update.ProtocolVersion >= 1 And InStr(update.GetNames(), "score_add") > 0

Dim quotient, rest, items, text
quotient = update.split(17, 5, rest)
Check "by reference", quotient = 3 And rest = 2
Check "array", update.average(Array(1, 2, 6), 3) = 3
items = Array(1, 2, 3)
update.reverse items, 3
Check "array by reference", items(0) = 3 And items(1) = 2 And items(2) = 1
Check "text", update.greet("Ada", text, 32) And text = "Hello, Ada"
Check "call with values", update.Call("score_add", Array(20, 22)) = 42
Check "64 bits", update.wide(21) = 42

On Error Resume Next
rest = 99
quotient = update.split(1, 0, rest)
Check "exception has a number", Err.Number <> 0
Check "exception says where", InStr(Err.Description, "split") > 0
Check "exception has a source", Err.Source = "Hotpatch"
Check "by reference only after success", rest = 99
Err.Clear
quotient = update.low(256)
Check "overflow", Err.Number = 6
Err.Clear
quotient = update.score_add("two", 3)
Check "type", Err.Number = 13
Err.Clear
quotient = update.score_add(1)
Check "count", Err.Number = 450
Err.Clear
quotient = update.no_such_function(1)
Check "name", Err.Number = 438
Err.Clear
quotient = update.average(Array(1, 2), 3)
Check "length", InStr(Err.Description, "parameter 1 (items)") > 0
Err.Clear
quotient = update.Call("score_add", Array(1))
Check "call with too few values", InStr(Err.Description, "1 values for 2 parameters") > 0
Err.Clear
On Error GoTo 0
Check "alive after all that", update.score_add(1, 1) = 2

If failures > 0 Then WScript.Quit 1
WScript.Echo "all done"
