"""Signal: numbers and facts about a call that rules escalate on, each with its source, in words."""
