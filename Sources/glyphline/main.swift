import Commands

Glyphline.main()
