"""State to views: what the screen may know, one module a family of views; `router` finds the right one.

Nothing here changes anything. A view is made when the frame clock asks for it, at most once a frame.
"""
