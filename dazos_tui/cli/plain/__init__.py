"""Plain mode: the app's main job as questions and answers, one line after another.

It writes no control codes: a screen reader, a braille display or a dumb terminal gets each change as a line.
"""
