"""What somebody who means harm would try, and what it gets."""
